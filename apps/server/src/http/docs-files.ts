import { ReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'

/**
 * Serves the files of `/docs` from memory. Read from the disk for each request, each would keep an open file, and a part of it,
 * for as long as its client reads nothing.
 */
export function createDocsFiles(): (payload: unknown) => Promise<unknown> {
  const files = new Map<string | Buffer, Promise<Buffer>>()
  return async (payload) => {
    if (!(payload instanceof ReadStream)) return payload
    const { path } = payload
    const known = files.get(path)
    if (known) {
      payload.destroy()
      return await known
    }
    const read = buffer(payload)
    files.set(path, read)
    // One that could not be read is read again.
    read.catch(() => files.delete(path))
    return await read
  }
}
