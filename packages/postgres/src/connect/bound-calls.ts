import { coreErrors } from '@belfry/core'

/**
 * Makes what wraps calls, so that no more than so many of them are under way, waiting for a connection or being answered. One more is
 * refused at once (STORE_UNAVAILABLE): it would wait in vain, and all others with it. A call whose caller has given up counts until it ends.
 */
export function boundCalls(most: number) {
  let under = 0
  return <T>(call: () => Promise<T>) =>
    async (): Promise<T> => {
      if (under >= most)
        throw coreErrors.STORE_UNAVAILABLE({ why: `${most} requests are under way already or wait for a connection` })
      under++
      try {
        return await call()
      } finally {
        under--
      }
    }
}
