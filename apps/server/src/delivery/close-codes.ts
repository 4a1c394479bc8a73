/** Why a connection is closed: a code of docs/protocol.md, and the reason that is sent with it. */
export interface CloseReason {
  readonly code: number
  readonly reason: string
}

/**
 * Every reason for which the server closes a connection. From 4000 on they are Belfry's own, and mean what the client does next. The
 * others are WebSocket's.
 */
export const closeCodes = {
  // The frame broke the rules of WebSocket. The library has sent the code by then.
  PROTOCOL_ERROR: { code: 1002, reason: '' },
  NOT_UTF8: { code: 1007, reason: '' },
  TOO_MANY_FRAGMENTS: { code: 1008, reason: '' },
  TOO_LARGE: { code: 1009, reason: '' },

  // A bug of the server: the log has it.
  INTERNAL: { code: 1011, reason: 'internal' },

  // Reconnect after a random wait.
  RESTARTING: { code: 1012, reason: 'restarting' },
  TRY_AGAIN: { code: 1012, reason: 'try again' },

  // Fetch a fresh token first.
  TOKEN_REFUSED: { code: 4001, reason: 'token missing, wrong or expired' },
  TOKEN_EXPIRED: { code: 4001, reason: 'token expired' },
  FRESH_TOKEN_REFUSED: { code: 4001, reason: 'token not valid' },
  OTHER_PERSON: { code: 4001, reason: 'token of another person' },
  ERASED: { code: 4001, reason: 'erased' },

  // Do not reconnect: the client would send it again.
  BAD_FRAME: { code: 4002, reason: 'bad frame' },
  TOO_MANY_AUTH_FRAMES: { code: 4002, reason: 'too many auth frames' },

  // Reconnect, and resume.
  TOO_SLOW: { code: 4008, reason: 'too slow' },

  // Reconnect after a wait, which grows.
  TOO_MANY_CONNECTIONS: { code: 4010, reason: 'too many connections' },
  TOO_MANY_NEW_CONNECTIONS: { code: 4010, reason: 'too many new connections' },
} satisfies Readonly<Record<string, CloseReason>>

/** A person has read too much: the reason is the whole seconds after which the client may reconnect. */
export const tooManyReads = (seconds: number): CloseReason => ({ code: 4029, reason: String(seconds) })
