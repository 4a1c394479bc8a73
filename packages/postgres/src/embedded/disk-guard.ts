import { statfsSync } from 'node:fs'
import { nearest } from './folder-lock.ts'

/**
 * Nothing is written with less free space than this. PGlite writes its log in files of 16 MiB; where it cannot create the next one it tries
 * for ever, and answers no call any more.
 */
const MIN_FREE_BYTES = 64 * 1_048_576

/** Makes the function that checks the free space where a folder is, or will be. It returns in words what is wrong where that is too little. */
export function createDiskGuard(folder: string): () => string | undefined {
  return () => {
    const { bavail, bsize } = statfsSync(nearest(folder))
    const free = bavail * bsize
    if (free >= MIN_FREE_BYTES) return undefined
    const megabytes = (bytes: number) => Math.floor(bytes / 1_048_576)
    return `its disk has ${megabytes(free)} MB left, expected at least ${megabytes(MIN_FREE_BYTES)}: nothing is written until there is more`
  }
}
