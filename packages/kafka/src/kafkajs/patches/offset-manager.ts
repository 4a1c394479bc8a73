import { internal, replace } from '../internals/internals.ts'

/** A batch of a topic that the member lost while it was handled ended in a TypeError, and with it the consumer. */
export function patchOffsetManager(): void {
  replace(
    internal('offsetManager'),
    'resolveOffset',
    (resolve) =>
      function (at) {
        if (this.memberAssignment[at.topic]?.includes(at.partition)) resolve.call(this, at)
      },
  )
}
