import { createCheck } from '@belfry/contracts/check'
import Type, { type Static } from 'typebox'

/** What a client may send over a WebSocket. */
const ClientFrame = Type.Union([
  Type.Object({ type: Type.Literal('pong') }),
  Type.Object({ type: Type.Literal('seen'), head: Type.Integer({ minimum: 0 }) }),
  Type.Object({ type: Type.Literal('auth'), token: Type.String({ minLength: 1, maxLength: 16_384 }) }),
])
const check = createCheck(ClientFrame)

/** The frame that a message is; undefined where it is not one. */
export function frameOf(data: Buffer): Static<typeof ClientFrame> | undefined {
  try {
    const frame: unknown = JSON.parse(data.toString('utf8'))
    return isFrame(frame) ? frame : undefined
  } catch {
    return undefined
  }
}

const isFrame = (frame: unknown): frame is Static<typeof ClientFrame> => check(frame).length === 0
