import { internal, replace } from '../internals/internals.ts'

/** Every answer begins with its size, in so many bytes. */
const SIZE = 4

/**
 * Where a connection broke off in the middle of an answer, it took what came over the next one for the rest of it, and whatever followed for
 * sizes: nothing was answered any more, or an error that nobody could catch ended the process.
 */
export function patchConnection(): void {
  replace(
    internal('connection'),
    'connect',
    (connect) =>
      function () {
        if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: SIZE })
        return connect.call(this)
      },
  )
}
