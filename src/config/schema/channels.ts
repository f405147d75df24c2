/** The keys of `alerts.channels`, one block for each kind: where people are told. */
import * as v from 'valibot'
import { customData, secret } from './blocks.ts'
import { block, duration, flag, key, path, table, text, wholeNumber } from './leaves.ts'

const day = 86_400_000

const secretExpected = 'text, or a table with one of fromFile and fromEnv'
const secretText = v.union([text(secretExpected), secret], secretExpected)

const mailExpected = 'a mail address, such as ops@example.org or Ops <ops@example.org>'
const address = v.pipe(text(mailExpected), v.regex(/^(?:[^<>\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/, mailExpected))

const urlExpected = 'a URL of http or https, or a table with one of fromFile and fromEnv'
const isUrl = (written: string): boolean => /^https?:\/\/[^\s/]+/i.test(written) && URL.canParse(written)
const url = v.union([v.pipe(text(urlExpected), v.check(isUrl, urlExpected)), secret], urlExpected)

const common = {
  timeout: v.optional(
    key(duration(100, 600_000), {
      description: 'How long one attempt may take, from the connection to the answer.',
      unit: 'seconds, or a text with a unit',
      examples: ['30s'],
    }),
    '10s',
  ),
  retry: v.optional(
    key(duration(100, day), {
      description:
        'When it is tried again after the first failure. It doubles with each further one, up to an hour.',
      unit: 'seconds, or a text with a unit',
      examples: ['1m'],
    }),
    '30s',
  ),
  giveUpAfter: v.optional(
    key(duration(0, 30 * day), {
      description: 'When it is not tried any more.',
      unit: 'seconds, or a text with a unit',
      examples: ['3d'],
    }),
    '1d',
  ),
}

const http = {
  url: key(url, {
    description:
      'Where it is posted to. One that holds a secret, as those of chats do, is better kept in a file.',
    examples: ['https://example.org/hook', { fromFile: '/run/secrets/hook' }],
  }),
  allowPrivate: v.optional(
    key(flag(), {
      description: 'Whether the address may be one of this machine or of a private network.',
      examples: [true],
      relation: 'Looked at when it is connected to: also a name that leads there is refused.',
    }),
    false,
  ),
}

const kind = <const K extends string>(name: K, what: string) => ({
  kind: key(v.literal(name, name), { description: what, examples: [name] }),
})

const mail = block(
  'MailChannelConfig',
  {
    ...kind('mail', 'Mails over SMTP.'),
    host: key(text('the name of a host'), {
      description: 'The SMTP server.',
      examples: ['smtp.example.org'],
    }),
    port: v.optional(
      key(wholeNumber(1, 65_535), {
        description: 'Its port.',
        examples: [465],
        defaultText: '587; 465 with `tls: implicit`',
      }),
    ),
    tls: v.optional(
      key(
        v.picklist(
          ['implicit', 'starttls', 'opportunistic', 'none'],
          'implicit, starttls, opportunistic, none',
        ),
        {
          description:
            'implicit: from the first byte; starttls: nothing is sent before, and a server without it is refused; opportunistic: where the server offers it; none: never.',
          examples: ['implicit'],
        },
      ),
      'starttls',
    ),
    ca: v.optional(
      key(path('the path of a file'), {
        description: 'Certificates to trust, in PEM.',
        examples: ['/etc/drover/ca.pem'],
        defaultText: 'those of Node',
      }),
    ),
    user: v.optional(
      key(text('a name'), { description: 'Who logs in.', examples: ['drover'], defaultText: 'nobody' }),
    ),
    password: v.optional(
      key(secretText, {
        description: 'The password of `user`.',
        examples: [{ fromFile: '/run/secrets/smtp' }],
        defaultText: 'none',
        relation: 'Read for each mail. What is written here itself lies in the store as well.',
      }),
    ),
    from: key(address, { description: 'From whom.', examples: ['Drover <drover@example.org>'] }),
    to: key(v.union([address, v.pipe(v.array(address), v.minLength(1, mailExpected))], mailExpected), {
      description: 'To whom.',
      examples: ['ops@example.org', ['a@example.org', 'b@example.org']],
    }),
    ...common,
  },
  'a table of a mail channel',
)

const webhook = block(
  'WebhookChannelConfig',
  {
    ...kind('webhook', 'Posts to a program.'),
    ...http,
    headers: v.optional(
      key(
        table(
          v.pipe(v.string(), v.regex(/^[\w-]+$/, 'the name of a header')),
          secretText,
          'a table of headers',
        ),
        {
          description: 'Further headers.',
          examples: [{ Authorization: { fromEnv: 'HOOK_TOKEN' } }],
          defaultText: 'none',
        },
      ),
      {},
    ),
    encoding: v.optional(
      key(v.picklist(['json', 'form'], 'json, form'), {
        description: 'The form of the body.',
        examples: ['form'],
      }),
      'json',
    ),
    template: v.optional(
      key(customData, {
        description:
          'What is posted: JSON, in whose texts `{{title}}`, `{{event.data.exitCode}}` and their like are filled in. A text of nothing but one of them becomes its value.',
        examples: [{ text: '{{title}}', code: '{{event.data.exitCode}}' }],
        defaultText: 'the notice as it is',
      }),
    ),
    secret: v.optional(
      key(secretText, {
        description:
          'Signs each body: `Drover-Signature` is `sha256=` and the HMAC over `Drover-Timestamp`, a point and the body.',
        examples: [{ fromFile: '/run/secrets/hook-key' }],
        defaultText: 'not signed',
      }),
    ),
    ...common,
  },
  'a table of a webhook channel',
)

const slack = block(
  'SlackChannelConfig',
  { ...kind('slack', 'An incoming webhook of Slack.'), ...http, ...common },
  'a table of a Slack channel',
)

const chat = block(
  'ChatChannelConfig',
  {
    ...kind('chat', 'A chat, in the form of its `style`.'),
    style: key(
      v.picklist(['mattermost', 'discord', 'teams', 'hipchat'], 'mattermost, discord, teams, hipchat'),
      { description: 'Whose form it has.', examples: ['mattermost'] },
    ),
    ...http,
    room: v.optional(
      key(text('the name or number of a room'), {
        description: 'The room of HipChat.',
        examples: ['ops'],
        defaultText: 'none',
        relation: 'With `style: hipchat`, whose `url` is that of the server.',
      }),
    ),
    token: v.optional(
      key(secretText, {
        description: 'The token of HipChat’s room.',
        examples: [{ fromFile: '/run/secrets/hipchat' }],
        defaultText: 'none',
      }),
    ),
    ...common,
  },
  'a table of a chat channel',
)

const command = block(
  'CommandChannelConfig',
  {
    ...kind('command', 'A command, that gets the notice as a line of JSON on its standard input.'),
    command: key(v.pipe(v.array(v.string('text'), 'a list of words'), v.minLength(1, 'a list of words')), {
      description: 'Program and arguments; no shell is asked. Exit code 0 means that it was told.',
      examples: [['/usr/local/bin/page', '--urgent']],
    }),
    cwd: v.optional(
      key(path('the path of a folder'), {
        description: 'Where it runs.',
        examples: ['/srv/app'],
        defaultText: 'the folder of the configuration file',
      }),
    ),
    ...common,
  },
  'a table of a command channel',
)

export const channel = v.variant(
  'kind',
  [mail, webhook, slack, chat, command],
  'a table whose kind is mail, webhook, slack, chat or command',
)

export const channels = table(
  v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'letters, digits, `.`, `_` and `-`')),
  channel,
  'a table of channels by name',
)
