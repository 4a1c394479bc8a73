import { connectionLimits } from './connections.ts'
import { memoryLimits } from './memory.ts'
import { personLimits } from './people.ts'
import { requestLimits } from './requests.ts'
import { socketLimits } from './sockets.ts'
import { tokenLimits } from './tokens.ts'

/** The limits of what clients send, open and request. Each process counts for itself. */
export const serverLimits = {
  ...requestLimits,
  ...connectionLimits,
  ...socketLimits,
  ...personLimits,
  ...tokenLimits,
  ...memoryLimits,
}
