import { eventLimits } from '../event-limits.ts'

/**
 * Returns the candidate that a misspelt word most likely means (`userId` for `user_id`), or undefined if none is similar. Long words and
 * long lists of candidates are not compared: the cost of comparing two words is the product of their lengths.
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const isComparable = (text: string) => text.length <= eventLimits.CANDIDATE.most
  if (!isComparable(word) || candidates.length > eventLimits.CANDIDATES.most) return undefined
  const bareWord = bare(word)
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    if (!isComparable(candidate)) continue
    const bareCandidate = bare(candidate)
    if (bareCandidate === bareWord && candidate !== word) return candidate
    const most = Math.min(
      Math.max(1, Math.floor(candidate.length / 3)),
      (best?.distance ?? Number.POSITIVE_INFINITY) - 1,
    )
    if (Math.abs(bareCandidate.length - bareWord.length) > most) continue
    const distance = distanceOf(bareWord, bareCandidate)
    if (distance <= most) best = { candidate, distance }
  }
  return best?.candidate
}

const bare = (text: string): string => text.toLowerCase().replace(/[-_.\s]/g, '')

/** How many letters must be inserted, deleted, changed or swapped with their neighbour (optimal string alignment distance). */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : changed
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed, swapped))
    }
    before = last
    last = row
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
