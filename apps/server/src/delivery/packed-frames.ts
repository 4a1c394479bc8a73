import type { Change } from '@belfry/core'
import { type Frame, idOf, textsOf } from './frames.ts'
import type { Show } from './show.ts'

/**
 * The frames of changes, made where the changes were: another thread gets their bytes without a copy, and neither parses nor writes a
 * notification.
 */
export interface PackedFrames {
  readonly epoch: string
  /** The person of each frame. */
  readonly people: readonly string[]
  /** For each frame NUMBERS_PER_FRAME numbers: its `after`, its `head`, 1 where a notification arrives with it, and where it ends. */
  readonly numbers: Int32Array<ArrayBuffer>
  /** The texts of all frames in UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** One frame, for the connections of its person that are at the number `after`. */
export interface Push {
  readonly person: string
  readonly after: number
  readonly head: number
  /** Whether a notification arrives with it. */
  readonly hasArrival: boolean
  /** The frame alone. */
  readonly frames: readonly [Frame]
}

const NUMBERS_PER_FRAME = 4

export function packFrames(epoch: string, changes: readonly Change[], show: Show): PackedFrames {
  const people: string[] = []
  const numbers: number[] = []
  const texts: Buffer[] = []
  let end = 0
  for (const change of changes) {
    const { person, items } = change
    let { after } = change
    for (const { head, text } of textsOf(epoch, change, show)) {
      const inUtf8 = Buffer.from(text)
      const hasArrival = items.some(({ seq }) => seq > after && seq <= head)
      end += inUtf8.length
      people.push(person)
      texts.push(inUtf8)
      numbers.push(after, head, Number(hasArrival), end)
      after = head
    }
  }
  // In memory of its own, so that it can move to another thread.
  const bytes = new Uint8Array(end)
  let begin = 0
  for (const text of texts) {
    bytes.set(text, begin)
    begin += text.length
  }
  return { epoch, people, numbers: Int32Array.from(numbers), bytes }
}

/** The memory of packed frames that moves to another thread with them. */
export const memoryOf = ({ numbers, bytes }: PackedFrames): readonly ArrayBuffer[] => [numbers.buffer, bytes.buffer]

export function* unpackFrames({ epoch, people, numbers, bytes }: PackedFrames): Generator<Push> {
  let begin = 0
  for (const [index, person] of people.entries()) {
    const at = index * NUMBERS_PER_FRAME
    const [after, head, end] = [numbers[at] ?? 0, numbers[at + 1] ?? 0, numbers[at + 3] ?? 0]
    const frame: Frame = { type: 'changes', id: idOf(epoch, head), text: bytes.subarray(begin, end) }
    begin = end
    yield { person, after, head, hasArrival: numbers[at + 2] === 1, frames: [frame] }
  }
}
