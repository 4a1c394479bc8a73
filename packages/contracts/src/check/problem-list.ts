import type { Problem } from '../errors.ts'
import { eventLimits } from '../event-limits.ts'
import { shorten } from './shown.ts'

/** Collects the problems of an input: keeps the first `most` of them (100 by default) and counts the others. */
export class ProblemList {
  readonly #most: number
  readonly #kept: Problem[] = []
  #others = 0

  constructor(most: number = eventLimits.PROBLEMS.most) {
    this.#most = most
  }

  /** The number of problems that were added, kept or not. */
  get count(): number {
    return this.#kept.length + this.#others
  }

  /** How many more problems the list keeps; further ones are only counted. */
  get room(): number {
    return this.#most - this.#kept.length
  }

  /** Adds a problem. `message` is called only if the problem is kept. */
  add(path: string, message: () => string): void {
    if (this.room <= 0) this.#others++
    else
      this.#kept.push({
        path: shorten(path, eventLimits.PATH.most),
        message: shorten(message(), eventLimits.MESSAGE.most),
      })
  }

  /** Counts problems without keeping them. */
  skip(count: number): void {
    this.#others += count
  }

  /** Adds the problems of another list; `below` is put before their paths. */
  addAll(problems: readonly Problem[], below: string): void {
    for (const { path, message, more } of problems) {
      if (more === undefined) this.add(`${below}${path}`, () => message)
      else this.skip(more)
    }
  }

  /** The kept problems. If others were only counted, a last entry has their number (`more`). */
  get problems(): readonly Problem[] {
    if (this.#others === 0) return this.#kept
    return [...this.#kept, { path: '', message: `and ${this.#others} more`, more: this.#others }]
  }
}
