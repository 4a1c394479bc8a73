import type { Problem } from '../errors.ts'
import { eventLimits } from '../event-limits.ts'
import { shorten } from './shown.ts'

/** Problems as they are found: the first are kept, a hundred unless said otherwise, all others only counted. */
export class ProblemList {
  readonly #most: number
  readonly #kept: Problem[] = []
  #others = 0

  constructor(most: number = eventLimits.PROBLEMS.most) {
    this.#most = most
  }

  /** How many were found. */
  get count(): number {
    return this.#kept.length + this.#others
  }

  /** How many more are kept; what is found beyond is only counted. */
  get room(): number {
    return this.#most - this.#kept.length
  }

  /** `message` is called only where the problem is kept. */
  add(path: string, message: () => string): void {
    if (this.room <= 0) this.#others++
    else
      this.#kept.push({
        path: shorten(path, eventLimits.PATH.most),
        message: shorten(message(), eventLimits.MESSAGE.most),
      })
  }

  /** Problems that are only counted, because the list is full. */
  skip(count: number): void {
    this.#others += count
  }

  /** Adds the problems of another list, below a path. */
  addAll(problems: readonly Problem[], below: string): void {
    for (const { path, message, more } of problems) {
      if (more === undefined) this.add(`${below}${path}`, () => message)
      else this.skip(more)
    }
  }

  /** What was found; where that is more than is kept, the last one says how many more. */
  get problems(): readonly Problem[] {
    if (this.#others === 0) return this.#kept
    return [...this.#kept, { path: '', message: `and ${this.#others} more`, more: this.#others }]
  }
}
