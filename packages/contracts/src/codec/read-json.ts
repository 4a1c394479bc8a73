import type { BelfryError } from '../errors.ts'
import { eventErrors } from '../event-errors.ts'
import { type Foreign, foreignBytes } from './foreign-bytes.ts'

/** JSON that was parsed, and its text; or the error with the reason. */
export type ReadJson =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly error: BelfryError; readonly foreign?: Foreign }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses JSON from bytes or text. A byte order mark at its beginning is left out. The error names what the bytes are, where it can be seen. */
export function readJson(body: Uint8Array | string): ReadJson {
  let text: string
  try {
    text = typeof body === 'string' ? body.replace(/^\ufeff/, '') : utf8.decode(body)
  } catch {
    return notJson(body, 'its bytes are not UTF-8')
  }
  try {
    return { ok: true, value: JSON.parse(text), text }
  } catch (error) {
    return notJson(body, text === '' ? 'it is empty' : reasonOf(error))
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.toWellFormed() : String(error))

function notJson(body: Uint8Array | string, why: string): ReadJson {
  const foreign = foreignBytes(body)
  if (foreign === undefined) return { ok: false, error: eventErrors.EVENT_NOT_JSON({ why }) }
  const { what, remedy } = foreign
  return { ok: false, error: eventErrors.EVENT_NOT_JSON({ why: `it ${what}` }, { remedy }), foreign }
}
