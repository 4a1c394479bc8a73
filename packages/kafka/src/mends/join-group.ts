import { AsyncLocalStorage } from 'node:async_hooks'
import { type Hearer, hearerOf } from '../create-consumer.ts'
import { inside, replace } from './inside.ts'

type Join = (asked: { readonly groupProtocols: readonly object[] }) => Promise<unknown>
type Parse = (answer: object) => Promise<unknown>

/** Whose consumer is joining. */
const joining = new AsyncLocalStorage<Hearer>()

/**
 * A member is told its name before it is let in, and waits for that until all others have joined anew: whoever dies meanwhile is waited
 * for until its session times out, under a name that nobody knew. Now its consumer is told, before it asks to be let in.
 */
export function mendJoinGroup(): void {
  replace<Join>(
    inside('broker', 'prototype'),
    'joinGroup',
    (join) =>
      function (this: unknown, asked) {
        const hearer = hearerOf(asked.groupProtocols)
        return hearer === undefined ? join.call(this, asked) : joining.run(hearer, () => join.call(this, asked))
      },
  )
  for (const version of [4, 5])
    replace<Parse>(inside(`protocol/requests/joinGroup/v${version}/response`), 'parse', (parse) => async (answer) => {
      try {
        return await parse(answer)
      } catch (error) {
        const member = memberIn(error)
        if (member !== undefined) await joining.getStore()?.named?.(member)
        throw error
      }
    })
}

const memberIn = (error: unknown): string | undefined =>
  error instanceof Error &&
  error.name === 'KafkaJSMemberIdRequired' &&
  'memberId' in error &&
  typeof error.memberId === 'string'
    ? error.memberId
    : undefined
