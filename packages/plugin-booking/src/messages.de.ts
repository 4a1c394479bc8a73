import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The messages about bookings, in German. */
export const german = defineTranslation(messages, {
  confirmed: {
    title: '„{resource}“ ist gebucht',
    body: 'Ihre Buchung gilt von {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr. Öffnen Sie die Buchung, um sie zu ändern oder abzusagen.',
  },
  invited: {
    title: 'Sie sind eingeladen: {resource}',
    body: 'Sie werden von {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr erwartet. Öffnen Sie die Buchung, um alles Weitere zu sehen.',
  },
  changed: {
    title: 'Buchung geändert: {resource}',
    body: `{moved, select, yes {Sie galt von {wasStartsAt, date, full}, {wasStartsAt, time, short} Uhr bis {wasEndsAt, date, medium}, {wasEndsAt, time, short} Uhr und gilt jetzt von {startsAt, date, full}, {startsAt, time, short} Uhr bis {endsAt, date, medium}, {endsAt, time, short} Uhr. } other {Sie beginnt am {startsAt, date, full}, um {startsAt, time, short} Uhr. }}{resourceChange, select, replaced {Gebucht ist jetzt „{resource}“ statt „{wasResource}“. } renamed {„{wasResource}“ heißt jetzt „{resource}“. } other {}}{joined, plural, =0 {} one {# Person wurde eingeladen. } other {# Personen wurden eingeladen. }}{left, plural, =0 {} one {# Person ist nicht mehr eingeladen. } other {# Personen sind nicht mehr eingeladen. }}Öffnen Sie die Buchung, um alles Weitere zu sehen.`,
  },
  handedOver: {
    title: 'Nicht mehr Ihre Buchung: {resource}',
    body: 'Die Buchung am {startsAt, date, full}, {startsAt, time, short} Uhr gehört jetzt einer anderen Person. {stays, select, yes {Sie sind weiterhin eingeladen. Öffnen Sie die Buchung, um alles Weitere zu sehen.} other {Sie müssen nichts weiter tun.}}',
  },
  uninvited: {
    title: 'Sie sind nicht mehr eingeladen: {resource}',
    body: 'Die Buchung am {startsAt, date, full}, {startsAt, time, short} Uhr findet ohne Sie statt. Sie müssen nichts weiter tun.',
  },
  cancelled: {
    title: 'Buchung abgesagt: {resource}',
    body: 'Die Buchung am {startsAt, date, full}, {startsAt, time, short} Uhr findet nicht statt. {because, select, known {Als Grund wurde angegeben: „{reason}“. } other {}}Buchen Sie neu, wenn Sie sie noch brauchen.',
  },
  checkedIn: {
    title: 'Eingecheckt: {resource}',
    body: 'Sie haben am {at, date, full}, um {at, time, short} Uhr eingecheckt. Bitte denken Sie daran, beim Gehen auszuchecken.',
  },
  checkedOut: {
    title: 'Ausgecheckt: {resource}',
    body: 'Sie haben am {at, date, full}, um {at, time, short} Uhr ausgecheckt. Danke, dass Sie alles bereit für die Nächsten hinterlassen.',
  },
  missed: {
    title: 'Buchung versäumt: {resource}',
    body: 'Bis {at, date, full}, {at, time, short} Uhr hatte niemand eingecheckt. Buchen Sie neu, wenn Sie noch Bedarf haben.',
  },
  noShow: {
    title: 'Niemand erschienen: {resource}',
    body: 'Zu einer Buchung hatte bis {at, date, full}, {at, time, short} Uhr niemand eingecheckt. Öffnen Sie sie, um zu entscheiden, was damit geschieht.',
  },
})
