import type { Problem } from '../errors.ts'
import { eventLimits } from '../event-limits.ts'

/**
 * Returns all problems as one sentence: `data.startsAt is "tomorrow", expected …; data.userId is missing`. A sentence that would be too long
 * is cut, and ends with the number of problems that were left out.
 */
export function sentenceOf(problems: readonly Problem[]): string {
  let sentence = ''
  for (const [index, { path, message, more }] of problems.entries()) {
    const part =
      more === undefined ? `${path === '' ? 'it' : path.replace(/^\//, '').replaceAll('/', '.')} ${message}` : message
    if (index > 0 && sentence.length + part.length > eventLimits.SENTENCE.most)
      return `${sentence}; and ${countOf(problems.slice(index))} more`
    sentence += `${index === 0 ? '' : '; '}${part}`
  }
  return sentence
}

const countOf = (problems: readonly Problem[]): number => problems.reduce((sum, { more = 1 }) => sum + more, 0)
