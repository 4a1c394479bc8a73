import { fileURLToPath } from 'node:url'
import type { Program } from './program.ts'

/** The flags with which a program can report its memory. */
export const memoryFlags: readonly string[] = [
  '--expose-gc',
  `--import=${fileURLToPath(new URL('./report-memory.ts', import.meta.url))}`,
]

/** Returns the bytes on the heap of a program's main thread and outside of it, after a collection. */
export async function heapAndExternalOf(program: Program): Promise<number> {
  const reported = program.receive((message) => {
    const bytes: unknown =
      typeof message === 'object' && message !== null ? Reflect.get(message, 'heapAndExternalBytes') : undefined
    return typeof bytes === 'number' ? bytes : undefined
  })
  program.child.send('memory')
  return reported
}
