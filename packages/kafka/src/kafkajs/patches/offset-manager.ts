import { inside, replace } from '../internals.ts'

type Resolve = (
  this: { readonly memberAssignment: Readonly<Record<string, readonly number[]>> },
  at: { readonly topic: string; readonly partition: number; readonly offset: string },
) => void

/** A batch of a topic that the member lost while it was handled ended in a TypeError, and with it the consumer. */
export function patchOffsetManager(): void {
  replace<Resolve>(
    inside('consumer/offsetManager', 'prototype'),
    'resolveOffset',
    (resolve) =>
      function (at) {
        if (this.memberAssignment[at.topic]?.includes(at.partition)) resolve.call(this, at)
      },
  )
}
