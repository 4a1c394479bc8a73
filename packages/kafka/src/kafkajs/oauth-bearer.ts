import type { Mechanism } from 'kafkajs'
import { internal } from './internals/internals.ts'

/**
 * Lets us in by OAUTHBEARER, with the token of the moment. kafkajs's own takes any answer for a yes: a broker says no in an answer with
 * content, and refuses whatever is asked next, in words that tell nobody that the token was it.
 */
export const oauthBearer = (token: () => string | Promise<string>): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const bytes = sized(Buffer.from(`n,,\u0001auth=Bearer ${await token()}\u0001\u0001`))
      try {
        await saslAuthenticate({
          request: { encode: () => bytes },
          // Both begin with their size.
          response: { decode: (answer) => answer.subarray(4), parse: expectNothing },
        })
      } catch (error) {
        const { KafkaJSSASLAuthenticationError: Refusal } = internal('errors')
        const why = error instanceof Error ? error.message : String(error)
        throw new Refusal(`SASL OAUTHBEARER authentication failed: ${why}`)
      }
    },
  }),
})

function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

/** What a broker says of a token that it does not take (RFC 7628, 3.2.2). */
function expectNothing(answer: Buffer): void {
  if (answer.length > 0) throw new Error(`the broker does not take the token: ${answer}`)
}
