import type { ServerResponse } from 'node:http'
import type { Frame } from '../../delivery/frames.ts'
import type { Outlet } from '../../delivery/outlet.ts'
import { serverLimits } from '../../limits/server-limits.ts'
import { createWaitingBytes, type WaitingBytes } from './waiting-bytes.ts'

/** Sends frames as server-sent events; a resume begins after `id`. A client that reads too slowly is broken off, and resumes. */
export function eventStreamOutlet(response: ServerResponse, waiting: WaitingBytes = createWaitingBytes()): Outlet {
  const own = waiting.count(response)
  return {
    answers: false,
    send(frames) {
      for (const [sent, frame] of frames.entries()) {
        const { length } = frame.text
        if (response.writableEnded || response.destroyed) return sent
        if (response.writableLength + length > serverLimits.WAITING_BYTES.most || own.isBeyond(length)) {
          response.destroy()
          return sent
        }
        response.write(eventOf(frame), own.update)
        own.update()
      }
      return frames.length
    },
    close: () => void response.end(),
    terminate: () => void response.destroy(),
  }
}

const utf8 = new TextDecoder()

function eventOf({ type, id, text }: Frame): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${typeof text === 'string' ? text : utf8.decode(text)}\n\n`
}
