/**
 * Every error that a user can meet, by its stable code: the sentence for the reference page, the HTTP status and the CLI's exit
 * code. One catalogue for all doors.
 */
export const errorCatalogue = {
  usage: { status: 400, exit: 2, meaning: 'The command line or request is not of a known form.' },
  no_agent: { status: 503, exit: 3, meaning: 'No agent answers at the data directory.' },
  not_found: { status: 404, exit: 4, meaning: 'Nothing has this name or id.' },
  config_invalid: { status: 422, exit: 5, meaning: 'The configuration has mistakes; nothing was changed.' },
  config_unreadable: { status: 422, exit: 5, meaning: 'The configuration cannot be read or found.' },
  nothing_to_import: {
    status: 422,
    exit: 5,
    meaning: 'The file holds nothing that could be kept running.',
  },
  conflict: { status: 409, exit: 6, meaning: 'The request contradicts what is there.' },
  refused: { status: 409, exit: 7, meaning: 'A start was refused, with its reason.' },
  did_not_happen: { status: 200, exit: 1, meaning: 'At least one of the things asked for did not happen.' },
  timed_out: { status: 504, exit: 8, meaning: 'What was waited for did not come in time.' },
  busy: { status: 503, exit: 8, meaning: 'The agent does as much of this at once as it can.' },
  data_dir_foreign: {
    status: 500,
    exit: 9,
    meaning: 'The data directory holds something that is not Drover’s.',
  },
  data_dir_unusable: { status: 500, exit: 9, meaning: 'The data directory cannot be made, read or written.' },
  data_dir_in_use: { status: 500, exit: 9, meaning: 'A living agent works on the data directory.' },
  store_newer: { status: 500, exit: 9, meaning: 'The store was written by a newer version of Drover.' },
  store_broken: { status: 500, exit: 9, meaning: 'The store cannot be read.' },
  store_unavailable: {
    status: 503,
    exit: 9,
    meaning: 'The store takes no writes at the moment, such as on a full disk.',
  },
  socket_in_the_way: {
    status: 500,
    exit: 9,
    meaning: 'Something else lies where the agent’s socket belongs.',
  },
  address_taken: { status: 409, exit: 9, meaning: 'Something else listens at the address.' },
  listen_refused: { status: 422, exit: 9, meaning: 'The API may not or cannot be opened at the address.' },
  tls_invalid: {
    status: 422,
    exit: 9,
    meaning:
      'A certificate or key is missing, unreadable, expired or not of a pair; or the client does not trust it.',
  },
  unauthorized: {
    status: 401,
    exit: 10,
    meaning: 'No token was given, or it is unknown, revoked or expired.',
  },
  forbidden: {
    status: 403,
    exit: 10,
    meaning: 'The role of the token does not allow this, or a page of another site asks.',
  },
  token_revoked: {
    status: 401,
    exit: 10,
    meaning: 'The token was revoked, or expired, while its answer was under way.',
  },
  too_many_requests: {
    status: 429,
    exit: 10,
    meaning: 'Too many failed logins or requests from this address; later it works again.',
  },
  too_large: {
    status: 413,
    exit: 2,
    meaning: 'The request, its address or its headers are larger than what is taken.',
  },
  too_slow: { status: 408, exit: 8, meaning: 'The request did not arrive in time.' },
  shim_missing: { status: 500, exit: 9, meaning: 'The shim was not built.' },
  shutting_down: { status: 503, exit: 7, meaning: 'The agent is shutting down.' },
  internal: { status: 500, exit: 70, meaning: 'A bug in Drover.' },
} as const satisfies Record<string, { status: number; exit: number; meaning: string }>

export type ErrorCode = keyof typeof errorCatalogue
