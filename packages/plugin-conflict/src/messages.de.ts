import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about conflicts, in German. */
export const german = defineTranslation(messages, {
  clash: {
    title: 'Buchungskonflikt: {resource}',
    body: '{count, plural, one {Ihre Buchung für {when, range} überschneidet sich mit einer anderen.} other {# Ihrer Buchungen sind von einem Konflikt betroffen, die erste für {when, range}.}} Öffnen Sie den Konflikt, um zu sehen, was Sie tun können. Sie werden benachrichtigt, sobald er gelöst ist.',
  },
  clashToResolve: {
    title: 'Buchungskonflikt: {resource}',
    body: '{count, plural, one {Eine Buchung für {when, range} ist von einem Konflikt betroffen.} other {# Buchungen überschneiden sich, die erste für {when, range}.}} Öffnen Sie den Konflikt, um ihn zu lösen.',
  },
  kept: {
    title: 'Ihre Buchung bleibt bestehen: {resource}',
    body: 'Der Konflikt ist gelöst, und Ihre Buchung{timed, select, yes { für {when, range}} other {}} bleibt unverändert. Sie müssen nichts weiter tun.',
  },
  moved: {
    title: 'Ihre Buchung wurde verschoben: {resource}',
    body: 'Der Konflikt ist gelöst. Öffnen Sie Ihre Buchung, um den neuen Termin zu sehen.',
  },
  movedTo: {
    title: 'Ihre Buchung wurde verschoben: {resource}',
    body: 'Der Konflikt ist gelöst. Neuer Termin: {when, range}. Öffnen Sie Ihre Buchung, um sie zu ändern oder zu stornieren.',
  },
  cancelled: {
    title: 'Ihre Buchung wurde storniert: {resource}',
    body: 'Ihre Buchung{timed, select, yes { für {when, range}} other {}} wurde storniert, um einen Konflikt zu lösen. Wählen Sie bei Bedarf einen anderen Termin.',
  },
  resolved: {
    title: 'Konflikt gelöst: {resource}',
    body: 'Buchungen: {kept, number} unverändert, {moved, number} verschoben, {cancelled, number} storniert. Sie müssen nichts weiter tun.',
  },
})
