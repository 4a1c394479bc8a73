import { shorten } from '@belfry/contracts/check'
import { serverLimits } from '../limits/server-limits.ts'
import { errorLine } from './error-line.ts'

/** How deep objects and lists are logged. */
const MAX_DEPTH = 5
/** Entries of a list, or of an object, that are logged. */
const MAX_ENTRIES = 101

/**
 * The fields of a log line, as plain values: texts and lists are cut, and once the line is full, what is left is `…`. What is logged
 * may quote what was sent.
 */
export function shortFields(fields: object): Record<string, unknown> {
  let room: number = serverLimits.LOG_LINE.most
  const text = (value: string, most: number): string => {
    const cut = shorten(value, Math.min(most, Math.max(3, room)))
    room -= cut.length
    return cut
  }
  const short = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value, serverLimits.LOG_TEXT.most)
    room--
    if (typeof value === 'bigint') return text(String(value), serverLimits.LOG_TEXT.most)
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    if (depth > MAX_DEPTH || room <= 0) return '…'
    if (value instanceof Error) {
      // Its sentence and its stack are short.
      room -= 3 * serverLimits.LOG_TEXT.most
      return errorLine(value)
    }
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
    if (!Array.isArray(value)) return entries(value, depth)
    const list = value.slice(0, MAX_ENTRIES).map((one: unknown) => short(one, depth + 1))
    return value.length > MAX_ENTRIES ? [...list, `and ${value.length - MAX_ENTRIES} more`] : list
  }
  const entries = (value: object, depth: number): Record<string, unknown> => {
    const cut: Record<string, unknown> = {}
    let count = 0
    for (const [name, one] of Object.entries(value)) {
      if (room <= 0 || ++count > MAX_ENTRIES) break
      cut[text(name, serverLimits.LOG_TEXT.most)] = short(one, depth + 1)
    }
    return cut
  }
  return entries(fields, 0)
}
