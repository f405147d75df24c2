/** What the facts about a data directory mean. Pure. */
import { type Finding, findingsOf } from '../domain/finding.ts'
import type { DataFacts, DiskFacts } from './data-facts.ts'
import { sizeOf } from './size-of.ts'

const say = findingsOf('Data directory')
const elsewhere = 'give another one with -D'
const megabyte = 1024 ** 2
const littleBytes = 512 * megabyte
const noBytes = 32 * megabyte
const fewFiles = 10_000
/** What the kernel takes in the address of a socket. */
const longestSocket = 107
const network = ['nfs', 'cifs', 'smb2', '9p', 'fuse', 'vfat']

export function judgeData(facts: DataFacts): Finding[] {
  const place = judgePlace(facts)
  return [
    place,
    ...judgeRights(facts),
    ...(facts.disk ? judgeDisk(facts.disk) : []),
    ...judgeTries(facts),
    ...judgeSocket(facts),
  ]
}

function judgePlace({ path, kind, nearest, isWritable }: DataFacts): Finding {
  switch (kind) {
    case 'own':
      return say.ok('data.directory', `${path} is Drover’s.`)
    case 'empty':
      return say.note('data.directory', `${path} is empty: no agent has worked here yet.`)
    case 'missing':
      return isWritable
        ? say.note('data.directory', `${path} is not there yet; \`drover up\` makes it.`)
        : say.error(
            'data.directory',
            `${path} is not there, and this user cannot make it below ${nearest}.`,
            `Make it and give it to this user, or ${elsewhere}.`,
          )
    case 'foreign':
      return say.error(
        'data.directory',
        `${path} holds something that is not Drover’s.`,
        `Drover leaves it alone: ${elsewhere}.`,
      )
    case 'no_folder':
      return say.error('data.directory', `${path} is no folder.`, `Move it away, or ${elsewhere}.`)
    default:
      return kind satisfies never
  }
}

function judgeRights({ path, kind, user, owner, mode, isWritable }: DataFacts): Finding[] {
  if (kind !== 'own' && kind !== 'empty') return []
  if (owner !== user) {
    return [
      say.error(
        'data.rights',
        `${path} belongs to the user ${owner}, and this is the user ${user}.`,
        `Ask as the user ${owner}, or ${elsewhere}.`,
      ),
    ]
  }
  if (!isWritable)
    return [
      say.error(
        'data.rights',
        `${path} cannot be read and written.`,
        `\`chmod 700 ${path}\`; if that is no help, it is mounted read-only.`,
      ),
    ]
  if ((mode & 0o022) !== 0) {
    return [
      say.error(
        'data.rights',
        `${path} can be written by others, and an agent refuses that.`,
        `Look at what is in it, and close it with \`chmod 700 ${path}\`.`,
      ),
    ]
  }
  if ((mode & 0o077) !== 0)
    return [say.note('data.rights', `${path} can be looked into by others; the next agent closes it.`)]
  return [say.ok('data.rights', 'Only its owner may look into it.')]
}

function judgeDisk({ type, freeBytes, totalBytes, freeFiles }: DiskFacts): Finding[] {
  const room = `${sizeOf(freeBytes)} of ${sizeOf(totalBytes)} free (${type}).`
  const hint = 'Make room, or let programs keep less output (`output.maxSize`, `output.keep`).'
  const space =
    freeBytes < noBytes
      ? say.error('data.space', room, hint)
      : freeBytes < littleBytes
        ? say.warning('data.space', room, hint)
        : say.ok('data.space', room)
  const files =
    freeFiles !== null && freeFiles < fewFiles
      ? [
          say.warning(
            'data.files',
            `Only ${freeFiles} more files fit on this disk.`,
            'Remove many small files there.',
          ),
        ]
      : []
  const kinds = network.includes(type)
    ? [
        say.warning(
          'data.file_system',
          `It lies on ${type}, where locks and links are not always what they say.`,
          'Use a disk of this machine: ext4, xfs, btrfs or zfs.',
        ),
      ]
    : type === 'tmpfs'
      ? [
          say.note(
            'data.file_system',
            'It lies in memory: after a restart of the machine nothing of it is left.',
          ),
        ]
      : []
  return [space, ...files, ...kinds]
}

function judgeTries({ failures }: DataFacts): Finding[] {
  if (failures === null) return []
  const meanings = {
    links: 'hard links, which decide races between an agent and a shim',
    locks: 'locks, which keep a second agent away',
    sockets: 'sockets, by which the command line talks to the agent',
  }
  const failed = (['links', 'locks', 'sockets'] as const).flatMap((what) =>
    failures[what] === null
      ? []
      : [
          say.error(
            `data.${what}`,
            `This disk has no ${meanings[what]}: ${failures[what]}.`,
            `Put the data directory on a disk of this machine: ${elsewhere}.`,
          ),
        ],
  )
  return failed.length > 0 ? failed : [say.ok('data.file_system', 'Hard links, locks and sockets work here.')]
}

function judgeSocket({ socketBytes }: DataFacts): Finding[] {
  if (socketBytes <= longestSocket) return []
  const text = `The path of the socket has ${socketBytes} bytes, more than ${longestSocket}.`
  return [
    say.note(
      'data.socket',
      `${text} Drover goes round that by /proc; other programs cannot reach it.`,
      `If any shall: ${elsewhere}.`,
    ),
  ]
}
