import type { Change, Notification, Replay } from '@belfry/core'
import type { Show } from './show.ts'

/** A frame as it is sent, with what transports need of it beside. */
export interface Frame {
  readonly type: 'changes' | 'reset' | 'ping'
  /** JSON; bytes of it are UTF-8. */
  readonly text: string | Uint8Array
  /** Where it brings a client, `<epoch>/<head>`; absent for a ping. */
  readonly id?: string
}

/** The largest frame, unless one notification alone is larger. */
const MAX_FRAME_BYTES = 65_536

export const ping: Frame = { type: 'ping', text: '{"type":"ping"}' }

export const idOf = (epoch: string, head: number): string => `${epoch}/${head}`

/** The frame that makes a client load everything again. */
export function resetFrame(epoch: string, { head, unread }: { readonly head: number; readonly unread: number }): Frame {
  return { type: 'reset', id: idOf(epoch, head), text: JSON.stringify({ type: 'reset', epoch, head, unread }) }
}

/** The frames that lead from `after` to `head`. `show` returns notifications as clients get them. */
export function framesOf(epoch: string, replay: Replay, show: Show): readonly Frame[] {
  if (replay.kind === 'reset') return [resetFrame(epoch, replay)]
  return textsOf(epoch, replay, show).map(({ head, text }) => ({ type: 'changes', id: idOf(epoch, head), text }))
}

/** The text of a frame, and where it brings a client. */
export interface FrameText {
  readonly head: number
  readonly text: string
}

/**
 * The texts of the frames of a change: one, or where it would be too large several that follow one another. They are split between
 * numbers, so that each frame's `after` is the `head` of the one before.
 */
export function textsOf(epoch: string, change: Omit<Change, 'person'>, show: Show): readonly FrameText[] {
  const { head, unread, readThrough, items } = change
  const texts: FrameText[] = []
  let after = change.after
  let part: string[] = []
  let bytes = 0
  const cut = (to: number) => {
    // The mark goes first: whatever was marked unread after it is among the items, in this frame or a later one. Told again
    // later, it would undo those.
    const mark = readThrough === undefined || texts.length > 0 ? '' : `"readThrough":${readThrough},`
    const text = `{"type":"changes","epoch":${JSON.stringify(epoch)},"after":${after},"head":${to},"unread":${unread},${mark}"items":[${part.join(',')}]}`
    texts.push({ head: to, text })
    after = to
    part = []
    bytes = 0
  }
  items.forEach((item: Notification, index) => {
    const text = JSON.stringify(show(item))
    const size = Buffer.byteLength(text)
    const previous = items[index - 1]
    if (part.length > 0 && previous && bytes + size > MAX_FRAME_BYTES - 512) cut(previous.rev)
    part.push(text)
    bytes += size + 1
  })
  cut(head)
  return texts
}
