import { coreErrors, type IntakeStatus, type Source, type Store } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'

/** How one part is; `why` is the reason, in words, where it is not ok; `notes` are sentences about it that do not change its status. */
export interface Part {
  readonly status: 'ok' | 'degraded' | 'down'
  readonly why?: string
  readonly notes?: readonly string[]
}

/** The store, the source and every topic, by their names. */
export type Readiness = Readonly<Record<string, Part>>

/** Milliseconds after which a part that has not answered counts as away. */
const ANSWER_TIMEOUT_MS = 1_800

/** Checks every part. */
export async function readinessOf({
  ready,
  source,
  status,
  notesOf,
}: {
  readonly ready: Store['ready']
  readonly source: Pick<Source, 'progress'>
  readonly status: () => IntakeStatus
  /** What was noticed of a topic. */
  readonly notesOf: (topic: string) => readonly string[]
}): Promise<Readiness> {
  const { topics, waiting } = status()
  const [kept, log] = await Promise.all([storeOf(ready), sourceOf(source, waiting)])
  return { store: kept, source: log, ...topicsOf(topics, notesOf) }
}

async function storeOf(ready: Store['ready']): Promise<Part> {
  try {
    const trouble = await withDeadline(ready(), ANSWER_TIMEOUT_MS, (why) => coreErrors.STORE_UNAVAILABLE({ why }))
    return trouble === undefined ? { status: 'ok' } : { status: 'degraded', why: trouble }
  } catch (error) {
    return { status: 'down', why: reasonOf(error) }
  }
}

/** Degraded where the intake waits for it, or where its progress cannot be read. */
async function sourceOf(source: Pick<Source, 'progress'>, waiting: string | undefined): Promise<Part> {
  if (waiting !== undefined) return { status: 'degraded', why: waiting }
  try {
    await withDeadline(source.progress(), ANSWER_TIMEOUT_MS, (why) => coreErrors.LOG_UNAVAILABLE({ why }))
    return { status: 'ok' }
  } catch (error) {
    return { status: 'degraded', why: reasonOf(error) }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'no answer')

function topicsOf(topics: IntakeStatus['topics'], notesOf: (topic: string) => readonly string[]): Record<string, Part> {
  return Object.fromEntries(
    topics.map(({ topic, state, why = state }): [string, Part] => {
      const notes = notesOf(topic)
      const part: Part = state === 'running' ? { status: 'ok' } : { status: 'degraded', why }
      return [`topic ${topic}`, notes.length === 0 ? part : { ...part, notes }]
    }),
  )
}
