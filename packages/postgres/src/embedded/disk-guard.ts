import { statfsSync } from 'node:fs'
import { nearest } from './folder-lock.ts'

/**
 * Nothing is written with less room than this, in bytes. PGlite writes its log in files of 16 MiB; where it cannot make the next one it
 * tries for ever, and answers nobody any more.
 */
const ROOM = 64 * 1_048_576

/** Makes the function that looks how much room there is where a folder is, or will be: it says in words when that is too little. */
export function createDiskGuard(folder: string): () => string | undefined {
  return () => {
    const { bavail, bsize } = statfsSync(nearest(folder))
    const free = bavail * bsize
    if (free >= ROOM) return undefined
    const megabytes = (bytes: number) => Math.floor(bytes / 1_048_576)
    return `its disk has ${megabytes(free)} MB left, expected at least ${megabytes(ROOM)}: nothing is written until there is room`
  }
}
