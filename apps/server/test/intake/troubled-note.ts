import { existsSync, readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { defineEvent } from '@belfry/contracts'
import { type AnyPlugin, definePlugin } from '@belfry/core'
import Type from 'typebox'

/** Where a thread decodes a note, it does what its text says, or what is in the file that it names, if there is one by now. */
export const noteWritten = defineEvent({
  type: 'note.written',
  topic: 'booking',
  key: 'noteId',
  data: Type.Object({ noteId: Type.String(), userId: Type.String(), text: Type.String() }),
  rules({ text }) {
    if (isMainThread) return []
    switch (existsSync(text) ? readFileSync(text, 'utf8') : text) {
      case 'loops':
        for (;;);
      case 'exits':
        return process.exit(3)
      case 'fills its memory': {
        const kept: object[] = []
        for (;;) kept.push({ at: kept.length })
      }
    }
    return []
  },
})

/** Tells of every note, and does after it has answered what the text says. */
export const noting: AnyPlugin = definePlugin({
  id: 'noting',
  events: { noteWritten },
  messages: { told: { title: 'Note {id}', body: '' } },
  on: {
    noteWritten: ({ data: { noteId, userId, text } }, { notify }) => {
      if (text === 'exits once it has answered') setImmediate(() => process.exit(3))
      if (text === 'loops once it has answered')
        setImmediate(() => {
          for (;;);
        })
      return [notify.told(userId, { id: noteId })]
    },
  },
})

/** A note that a thread does something with. */
export const noted = (id: string, userId: string, text = '') =>
  noteWritten.create({ source: '/test', id, data: { noteId: id, userId, text } })
