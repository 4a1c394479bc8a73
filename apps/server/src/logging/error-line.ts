import { BelfryError } from '@belfry/contracts/errors'
import { serverLimits } from '../limits/server-limits.ts'

/** The causes of an error beyond these are left out. */
const MAX_CAUSES = 4

/**
 * An error as it is logged: its message and its causes, and what to do about it. The stack is only of use for an error that was not raised on purpose: one that has
 * a code comes as often as a client causes it.
 */
export function errorLine(error: unknown): unknown {
  if (!(error instanceof Error)) return shortened(String(error))
  const { name, stack } = error
  const code = 'code' in error && typeof error.code === 'string' ? { code: shortened(error.code) } : {}
  const { remedy } = error instanceof BelfryError ? error : {}
  const line = {
    type: name,
    ...code,
    message: shortened(causesOf(error).join(': ')),
    ...(remedy !== undefined && { remedy: shortened(remedy) }),
  }
  const at = stack?.indexOf('\n    at ') ?? -1
  if (error instanceof BelfryError || stack === undefined || at < 0) return line
  // The message, which comes first in it, may be as long as a client made it.
  return { ...line, stack: shortened(stack.slice(at + 1), MAX_STACK_CHARACTERS) }
}

/** The beginning of a text, with how long it is where something is left out. */
export function shortened(text: string, most: number = serverLimits.LOG_TEXT.most): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`
}

const MAX_STACK_CHARACTERS = 4_000

/** The sentence of an error, and those of its causes; of several errors in one, those of the first. */
function causesOf(error: unknown): readonly string[] {
  const sentences: string[] = []
  for (let one = error; one !== undefined && one !== null && sentences.length < MAX_CAUSES; ) {
    const { message, code, cause, errors }: { message?: unknown; code?: unknown; cause?: unknown; errors?: unknown[] } =
      Object(one)
    const sentence = String(message || code || (typeof one === 'object' ? '' : one))
    if (sentence !== '') sentences.push(sentence)
    one = cause ?? errors?.[0]
  }
  return sentences
}
