import type { Mechanism } from 'kafkajs'
import { internal } from './internals/internals.ts'

/**
 * Authenticates by OAUTHBEARER, with the current token. kafkajs's own mechanism takes any answer for a success: a broker rejects a token by
 * an answer with content, and then refuses the next request with an error that does not mention the token.
 */
export const oauthBearer = (token: () => string | Promise<string>): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const bytes = sized(Buffer.from(`n,,\u0001auth=Bearer ${await token()}\u0001\u0001`))
      try {
        await saslAuthenticate({
          request: { encode: () => bytes },
          // Requests and answers begin with their size.
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

/** The content of an answer is why the broker rejects the token (RFC 7628, 3.2.2). */
function expectNothing(answer: Buffer): void {
  if (answer.length > 0) throw new Error(`the broker rejects the token: ${answer}`)
}
