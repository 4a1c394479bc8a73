import { globSync, readFileSync } from 'node:fs'

/** `long` is what takes long or is random: it is tried for minutes. */
export type Kind = 'test' | 'test:long'

/** Files, and the title that their tests must have where the words name no file. */
export interface FoundTests {
  readonly files: readonly string[]
  readonly title?: string
}

const isLong = (path: string) => path.endsWith('.long.test.ts')
const isRandom = (path: string) => path.endsWith('.random.test.ts')

/**
 * Finds the test files of this kind. With words: the files whose path contains all of them, or else the files that each word names, or
 * else those whose tests have the words in their titles. Words find files of every kind.
 */
export function findTests(kind: Kind, words: readonly string[]): FoundTests {
  const files = globSync('{packages,apps}/*/test/**/*.test.ts').sort()
  if (words.length === 0)
    return { files: files.filter((file) => (kind === 'test' ? !isLong(file) : isLong(file) || isRandom(file))) }
  const withAll = files.filter((file) => words.every((word) => file.includes(word)))
  if (withAll.length > 0) return { files: withAll }
  const isNamed = (word: string) => files.some((file) => file.includes(word))
  if (words.every(isNamed)) return { files: files.filter((file) => words.some((word) => file.includes(word))) }
  const title = words.join(' ')
  // A title is put together from what stands in the file: describe, it, and the rows of a table.
  const parts = title.toLowerCase().split(/\s+/)
  const mayHaveIt = (file: string) => {
    const text = readFileSync(file, 'utf8').toLowerCase()
    return parts.every((part) => text.includes(part))
  }
  return { files: files.filter(mayHaveIt), title }
}
