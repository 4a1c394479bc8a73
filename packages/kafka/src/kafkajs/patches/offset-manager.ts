import { internal, replace } from '../internals/internals.ts'

/** kafkajs's consumer crashed by a TypeError when a member lost a topic while a batch of it was handled. Such a batch is now ignored. */
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
