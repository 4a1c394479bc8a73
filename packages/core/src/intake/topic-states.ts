import { coreErrors } from '../errors.ts'

/** What a topic is doing. */
export type TopicState = 'not started' | 'running' | 'paused'

/** How one topic is. */
export interface TopicStatus {
  readonly topic: string
  readonly state: TopicState
  /** Why it is paused, in words, where it was not an operator who has paused it. */
  readonly why?: string
}

interface Topic {
  /** It is to be read, as soon as nothing keeps it from that. */
  wanted: boolean
  /** An operator has paused it. */
  paused: boolean
  /** A sentence about what it holds, where that is something else than events. */
  quarantined: string | undefined
  /** It is read whatever it holds. */
  trusted: boolean
}

/**
 * The topics of an intake, and what has been decided about each. A topic is running where it is wanted, no operator has paused it and it
 * is not quarantined. What follows for the source, and for the store, is the caller's.
 */
export class TopicStates {
  readonly #topics = new Map<string, Topic>()

  /** These are the topics from now on; none of them is wanted yet. */
  open(names: readonly string[]): void {
    this.#topics.clear()
    for (const name of names)
      this.#topics.set(name, { wanted: false, paused: false, quarantined: undefined, trusted: false })
  }

  get names(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** Those that are wanted, whether they are running or not. */
  get wanted(): readonly string[] {
    return [...this.#topics].flatMap(([name, { wanted }]) => (wanted ? name : []))
  }

  /** @throws TOPIC_UNKNOWN, as every verb does */
  expectKnown(name: string): void {
    this.#find(name)
  }

  /** It is to be read; it is not while it is paused or quarantined. */
  start(name: string): void {
    this.#find(name).wanted = true
  }

  /** An operator has paused it. */
  pause(name: string): void {
    this.#find(name).paused = true
  }

  /** It holds something else than events, and is not read before an operator has resumed it. */
  quarantine(name: string, why: string): void {
    this.#find(name).quarantined = why
  }

  /** An operator has resumed it: nothing keeps it from being read any more, whatever it holds. */
  release(name: string): void {
    const topic = this.#find(name)
    topic.paused = false
    topic.quarantined = undefined
    topic.trusted = true
  }

  /** It holds events: it is not quarantined for what may still come. */
  trust(name: string): void {
    this.#find(name).trusted = true
  }

  isWanted(name: string): boolean {
    return this.#topics.get(name)?.wanted === true
  }

  isPaused(name: string): boolean {
    return this.#topics.get(name)?.paused === true
  }

  isQuarantined(name: string): boolean {
    return this.#topics.get(name)?.quarantined !== undefined
  }

  isTrusted(name: string): boolean {
    return this.#topics.get(name)?.trusted === true
  }

  /** It is wanted, and nothing keeps it from being read. */
  isRunning(name: string): boolean {
    const topic = this.#topics.get(name)
    return topic !== undefined && stateOf(topic) === 'running'
  }

  statuses(): readonly TopicStatus[] {
    return [...this.#topics].map(([name, topic]) => ({
      topic: name,
      state: stateOf(topic),
      ...(topic.quarantined !== undefined && { why: topic.quarantined }),
    }))
  }

  #find(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw coreErrors.TOPIC_UNKNOWN({ topic: name, topics: this.names.join(', ') })
    return topic
  }
}

function stateOf({ wanted, paused, quarantined }: Topic): TopicState {
  if (paused || quarantined !== undefined) return 'paused'
  return wanted ? 'running' : 'not started'
}
