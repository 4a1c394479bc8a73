import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about waiting lists, in German. */
export const german = defineTranslation(messages, {
  added: {
    title: 'Platz {position, number} auf der Warteliste: {resource}',
    body: 'Sie warten auf {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr. Sie erfahren sofort, wenn Sie an der Reihe sind.',
  },
  removed: {
    title: 'Nicht mehr auf der Warteliste: {resource}',
    body: '{reason, select, expired {Der gewünschte Termin am {startsAt, date, full}, {startsAt, time, short} Uhr ist gekommen, ohne dass ein Platz frei wurde. Suchen Sie einen anderen Termin.} resource_deleted {Hier kann nicht mehr gebucht werden, auch nicht für {startsAt, date, full}, {startsAt, time, short} Uhr. Suchen Sie etwas anderes.} filled {Der letzte Platz für {startsAt, date, full}, {startsAt, time, short} Uhr ist vergeben. Suchen Sie einen anderen Termin.} other {Sie stehen nicht mehr auf der Warteliste für {startsAt, date, full}, {startsAt, time, short} Uhr. Suchen Sie einen anderen Termin.}}',
  },
  promoted: {
    title: 'Sie sind an der Reihe: {resource}',
    body: 'Sie haben jetzt eine Buchung von {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr. Öffnen Sie sie, um alles Weitere zu sehen.',
  },
  confirm: {
    title: 'Bestätigen Sie Ihren Platz: {resource}',
    body: 'Sie sind an der Reihe, von {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr. Bestätigen Sie bis {confirmBy, date, full}, {confirmBy, time, short} Uhr, sonst geht der Platz an die Nächsten.',
  },
})
