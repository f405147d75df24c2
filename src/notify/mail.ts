/** Sends notices as mails over SMTP. The library is loaded when the first one is sent. */
import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../clock.ts'
import type { MailChannel } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import { mailOf } from '../domain/alerting/notice-text.ts'

interface SmtpError extends Error {
  readonly code?: string
  readonly responseCode?: number
  readonly response?: string
}

export async function sendMail(
  channel: MailChannel,
  notice: Notice,
  password: string | null,
  clock: Clock,
): Promise<DeliveryOutcome> {
  const { createTransport } = await import('nodemailer')
  const { host, port, tls, timeoutMs, user } = channel
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    ...(channel.ca === null ? {} : { tls: { ca: readFileSync(channel.ca) } }),
    ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
  })
  let timer: Timer | null = null
  try {
    const { subject, text } = mailOf(notice)
    const sending = transport.sendMail({
      from: channel.from,
      to: [...channel.to],
      subject: subject.replace(/\s+/g, ' '),
      text,
      messageId: `<${notice.id}@${messageHost(notice.node)}>`,
      date: new Date(notice.at),
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    // A server that says a word now and then keeps every other deadline from passing.
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.after(timeoutMs, () => reject(new Error(`gave no answer within ${timeoutMs / 1000} s`)))
    })
    const sent = await Promise.race([sending, late])
    const rejected = sent.rejected.map(String)
    if (rejected.length > 0)
      return { kind: 'delivered', detail: `${sent.response}; not taken for ${rejected.join(', ')}` }
    return { kind: 'delivered', detail: sent.response }
  } catch (error) {
    return judge(host, error as SmtpError)
  } finally {
    ;(timer as Timer | null)?.cancel()
    transport.close()
  }
}

/** What begins with 5, and a password that is wrong, will be no better later. */
function judge(host: string, error: SmtpError): DeliveryOutcome {
  const said = (error.response ?? error.message).split('\n', 1)[0] ?? ''
  const isLater = error.responseCode !== undefined && error.responseCode < 500
  if (error.code === 'EAUTH' && !isLater)
    return { kind: 'refused', reason: `${host} did not take user and password: ${said}` }
  const isFinal = error.responseCode !== undefined && error.responseCode >= 500
  const reason = `${host}: ${said}`
  return isFinal ? { kind: 'refused', reason } : { kind: 'failed', reason, afterMs: null }
}

function messageHost(node: string): string {
  return /^[\w.-]+$/.test(node) ? `${node}.drover` : 'drover'
}
