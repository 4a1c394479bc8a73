import { didYouMean } from '@belfry/contracts/check'

/**
 * The type that a misspelt one most likely means. Events of other services are legitimate, and their types may resemble ours as a whole
 * (`booking.deleted`, `booking.created`): where both have as many words, each word must be near its counterpart.
 */
export function meantType(type: string, types: readonly string[]): string | undefined {
  const meant = didYouMean(type, types)
  if (meant === undefined) return undefined
  const [words, others] = [wordsOf(type), wordsOf(meant)]
  return words.length !== others.length || words.every((word, index) => isNear(word, others[index] ?? ''))
    ? meant
    : undefined
}

const wordsOf = (type: string): readonly string[] => type.toLowerCase().split(/[-_.\s]+/)

const isNear = (word: string, other: string): boolean =>
  word === other || other.startsWith(word) || word.startsWith(other) || didYouMean(word, [other]) !== undefined
