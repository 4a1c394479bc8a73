import { internal, replace } from '../internals/internals.ts'

/** The bytes of the size that each answer begins with. */
const SIZE_BYTES = 4

/**
 * kafkajs kept half an answer when its connection broke off, and took the first bytes of the next connection for the rest of it: no request
 * was answered any more, or an error that could not be caught ended the process. Each connection now begins with an empty buffer.
 */
export function patchConnection(): void {
  replace(
    internal('connection'),
    'connect',
    (connect) =>
      function () {
        if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: SIZE_BYTES })
        return connect.call(this)
      },
  )
}
