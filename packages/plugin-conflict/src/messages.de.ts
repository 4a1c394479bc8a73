import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about conflicts, in German. */
export const german = defineTranslation(messages, {
  clash: {
    title: 'Ihre Buchung überschneidet sich: {resource}',
    body: '{count, plural, one {Ihre Buchung am {startsAt, date, full}, {startsAt, time, short} Uhr überschneidet sich mit einer anderen.} other {# Ihrer Buchungen überschneiden sich mit anderen, die erste am {startsAt, date, full}, {startsAt, time, short} Uhr.}} Öffnen Sie den Konflikt, um zu sehen, was sich tun lässt; Sie erfahren, wie er ausgeht.',
  },
  clashToResolve: {
    title: 'Buchungen überschneiden sich: {resource}',
    body: '{count, plural, one {# Buchung steht im Konflikt, am {startsAt, date, full}, {startsAt, time, short} Uhr.} other {# Buchungen überschneiden sich, die erste am {startsAt, date, full}, {startsAt, time, short} Uhr.}} Öffnen Sie den Konflikt, um ihn zu lösen.',
  },
  kept: {
    title: 'Ihre Buchung bleibt: {resource}',
    body: 'Der Konflikt ist gelöst, und Ihre Buchung bleibt, wie sie ist. Sie müssen nichts weiter tun.',
  },
  moved: {
    title: 'Ihre Buchung wurde verschoben: {resource}',
    body: 'Der Konflikt ist gelöst, und Ihre Buchung wurde verschoben. Öffnen Sie sie, um die neue Zeit zu sehen.',
  },
  movedTo: {
    title: 'Ihre Buchung wurde verschoben: {resource}',
    body: 'Der Konflikt ist gelöst, und Ihre Buchung beginnt jetzt am {startsAt, date, full}, um {startsAt, time, short} Uhr. Öffnen Sie sie, um zu sehen, ob Ihnen die neue Zeit passt.',
  },
  cancelled: {
    title: 'Ihre Buchung wurde abgesagt: {resource}',
    body: 'Der Konflikt ließ sich nur ohne Ihre Buchung lösen. Suchen Sie einen anderen Termin.',
  },
  resolved: {
    title: 'Konflikt gelöst: {resource}',
    body: '{kept, plural, =0 {Keine Buchung bleibt} one {# Buchung bleibt} other {# Buchungen bleiben}}, {moved, plural, =0 {keine wurde verschoben} one {# wurde verschoben} other {# wurden verschoben}}, {cancelled, plural, =0 {keine wurde abgesagt} one {# wurde abgesagt} other {# wurden abgesagt}}. Sie müssen nichts weiter tun.',
  },
})
