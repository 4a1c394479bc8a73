import { BelfryError } from '@belfry/contracts/errors'
import { serverLimits } from '../limits/server-limits.ts'

/** Writes lines; of one kind, one a second. */
export interface LineLimit {
  /** Writes a line now, or within a second if it is the last of its kind by then; `count` is how many lines it stands for. */
  add(kind: string, write: (count: number) => void): void
}

interface Kind {
  /** Lines that wait since the last one was written. */
  count: number
  writeLast: (count: number) => void
}

const SECOND_MS = 1_000
/** Kinds beyond these count as one: Belfry has few codes, but plugins may log any. */
const MAX_KINDS = 1_000

export function createLineLimit(): LineLimit {
  const kinds = new Map<string, Kind>()

  const begin = (name: string, write: (count: number) => void) => {
    const kind: Kind = { count: 0, writeLast: write }
    kinds.set(name, kind)
    setTimeout(() => {
      kinds.delete(name)
      if (kind.count === 0) return
      kind.writeLast(kind.count)
      begin(name, kind.writeLast)
    }, SECOND_MS / serverLimits.LOG_LINES.most).unref()
  }
  return {
    add(name, write) {
      const key = kinds.has(name) || kinds.size < MAX_KINDS ? name : ''
      const kind = kinds.get(key)
      if (kind === undefined) {
        write(1)
        begin(key, write)
        return
      }
      kind.count++
      kind.writeLast = write
    },
  }
}

/** The kind of a line: its code, plugin and topic, or the sentence that an error without a code comes with; undefined for any other. */
export function kindOf(fields: unknown, sentence: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { code, err, plugin, topic }: { code?: unknown; err?: unknown; plugin?: unknown; topic?: unknown } = fields
  const known = code ?? (err instanceof BelfryError ? err.code : err === undefined ? undefined : sentence)
  return known === undefined
    ? undefined
    : [known, plugin, topic]
        .map((part) => String(part ?? ''))
        .join(' ')
        .slice(0, 200)
}
