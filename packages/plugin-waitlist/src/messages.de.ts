import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about waiting lists, in German. */
export const german = defineTranslation(messages, {
  added: {
    title: 'Platz {position, number} auf der Warteliste: {resource}',
    body: 'Gewünschter Termin: {when, range}. Sie werden benachrichtigt, sobald Sie an der Reihe sind.',
  },
  removed: {
    title: 'Nicht mehr auf der Warteliste: {resource}',
    body: '{reason, select, expired {Für {when, range} ist kein Platz frei geworden. Wählen Sie bei Bedarf einen anderen Termin.} resource_deleted {„{resource}“ kann nicht mehr gebucht werden, auch nicht für {when, range}. Wählen Sie bei Bedarf etwas anderes.} filled {Der letzte Platz für {when, range} ist vergeben. Wählen Sie bei Bedarf einen anderen Termin.} other {Sie stehen für {when, range} nicht mehr auf der Warteliste. Wählen Sie bei Bedarf einen anderen Termin.}}',
  },
  promoted: {
    title: 'Sie sind an der Reihe: {resource}',
    body: 'Sie haben jetzt eine Buchung für {when, range}. Öffnen Sie die Buchung, um sie zu ändern oder zu stornieren.',
  },
  confirm: {
    title: 'Bestätigen Sie Ihren Platz: {resource}',
    body: 'Für {when, range} ist ein Platz für Sie reserviert. Bestätigen Sie ihn bis {confirmBy, moment}, sonst geht er an die nächste Person auf der Liste.',
  },
})
