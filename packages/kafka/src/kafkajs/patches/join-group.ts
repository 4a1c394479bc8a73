import { AsyncLocalStorage } from 'node:async_hooks'
import { internal, replace, responseOf } from '../internals/internals.ts'
import { type Listener, listenerOf } from '../listener.ts'

/** The listener of the consumer that is joining. */
const joining = new AsyncLocalStorage<Listener>()

/**
 * A group assigns a member its id before it admits the member, which waits until all others have joined again. kafkajs did not report that id:
 * where the process died meanwhile, all others waited until its session timed out, and could not evict it. Its listener now receives the
 * id before the member requests to be admitted.
 *
 * A consumer that was stopped while it could not reach its brokers joined the group later all the same, under another name, and was waited
 * for as long. It no longer does, once another consumer has taken its place.
 */
export function patchJoinGroup(): void {
  replace(
    internal('broker'),
    'joinGroup',
    (join) =>
      async function (this: unknown, options) {
        const listener = listenerOf(options.groupProtocols)
        if (listener === undefined) return join.call(this, options)
        assertNotReplaced(listener)
        return joining.run(listener, () => join.call(this, options))
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
          assertNotReplaced(listener)
        }
        throw error
      }
    })
}

function assertNotReplaced(listener: Listener): void {
  if (listener.isOver?.()) throw new Error('another consumer has taken the place of this one')
}

const memberIn = (error: unknown): string | undefined =>
  error instanceof Error &&
  error.name === 'KafkaJSMemberIdRequired' &&
  'memberId' in error &&
  typeof error.memberId === 'string'
    ? error.memberId
    : undefined
