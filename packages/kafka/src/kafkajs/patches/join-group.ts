import { AsyncLocalStorage } from 'node:async_hooks'
import { internal, replace, responseOf } from '../internals/internals.ts'
import { type Listener, listenerOf } from '../listener.ts'

/** Whose consumer is joining. */
const joining = new AsyncLocalStorage<Listener>()

/**
 * A member is told its name before it is let in, and waits for that until all others have joined anew: whoever dies meanwhile is waited
 * for until its session times out, under a name that nobody knew. Now its consumer is told, before it asks to be let in.
 *
 * A consumer that is stopped while it cannot reach its brokers joins the group all the same when it can, under another name, and is
 * waited for as long. Now it does not, once another one has taken its place.
 */
export function patchJoinGroup(): void {
  replace(
    internal('broker'),
    'joinGroup',
    (join) =>
      async function (this: unknown, asked) {
        const listener = listenerOf(asked.groupProtocols)
        if (listener === undefined) return join.call(this, asked)
        expectWanted(listener)
        return joining.run(listener, () => join.call(this, asked))
      },
  )
  for (const version of [4, 5])
    replace(responseOf('joinGroup', version), 'parse', (parse) => async (answer) => {
      try {
        return await parse(answer)
      } catch (error) {
        const [member, listener] = [memberIn(error), joining.getStore()]
        if (member !== undefined && listener !== undefined) {
          await listener.named?.(member)
          expectWanted(listener)
        }
        throw error
      }
    })
}

function expectWanted(listener: Listener): void {
  if (listener.isOver?.()) throw new Error('another consumer has taken the place of this one')
}

const memberIn = (error: unknown): string | undefined =>
  error instanceof Error &&
  error.name === 'KafkaJSMemberIdRequired' &&
  'memberId' in error &&
  typeof error.memberId === 'string'
    ? error.memberId
    : undefined
