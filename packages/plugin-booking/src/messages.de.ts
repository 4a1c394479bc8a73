import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The part that the texts for people who stay in a booking share. */
const otherResource =
  `{resourceChange, select, replaced {Jetzt gebucht: {resource} (bisher: {wasResource}). } renamed {„{wasResource}“ heißt jetzt „{resource}“. } named {Der Name „{resource}“ wurde ergänzt. } unnamed {Der Name „{wasResource}“ wurde entfernt. } other {}}` as const

/** The messages about bookings, in German. */
export const german = defineTranslation(messages, {
  confirmed: {
    title: '„{resource}“ ist gebucht',
    body: 'Ihre Buchung: {when, range}. Öffnen Sie die Buchung, um sie zu ändern oder zu stornieren.',
  },
  invited: {
    title: 'Sie sind eingeladen: {resource}',
    body: 'Termin: {when, range}. Alles Weitere finden Sie in der Buchung.',
  },
  changed: {
    title: 'Buchung geändert: {resource}',
    body: `{moved, select, yes {Neuer Termin: {when, range} (bisher: {was, range}). } other {Termin: {when, range}. }}${otherResource}{joined, plural, =0 {} one {# Person wurde eingeladen. } other {# Personen wurden eingeladen. }}{left, plural, =0 {} one {# Person ist nicht mehr eingeladen. } other {# Personen sind nicht mehr eingeladen. }}Alles Weitere finden Sie in der Buchung.`,
  },
  handedOver: {
    title: 'Nicht mehr Ihre Buchung: {wasResource}',
    body: `Ihre Buchung für {was, range} gehört jetzt einer anderen Person. {stays, select, yes {Sie sind weiterhin eingeladen. {moved, select, yes {Neuer Termin: {when, range}. } other {}}${otherResource}Alles Weitere finden Sie in der Buchung.} other {Sie müssen nichts weiter tun.}}`,
  },
  uninvited: {
    title: 'Sie sind nicht mehr eingeladen: {resource}',
    body: 'Ihre Einladung für {when, range} gilt nicht mehr. Sie müssen nichts weiter tun.',
  },
  cancelled: {
    title: 'Buchung storniert: {resource}',
    body: 'Die Buchung für {when, range} wurde storniert. {because, select, known {Grund: „{reason}“. } other {}}Wählen Sie bei Bedarf einen anderen Termin.',
  },
  checkedIn: {
    title: 'Eingecheckt: {resource}',
    body: 'Sie haben am {at, moment} eingecheckt. Denken Sie daran, beim Gehen auszuchecken.',
  },
  checkedOut: {
    title: 'Ausgecheckt: {resource}',
    body: 'Sie haben am {at, moment} ausgecheckt. Sie müssen nichts weiter tun.',
  },
  missed: {
    title: 'Buchung verpasst: {resource}',
    body: 'Sie hatten bis {at, moment} nicht eingecheckt. Wählen Sie bei Bedarf einen anderen Termin.',
  },
  noShow: {
    title: 'Nicht erschienen: {resource}',
    body: 'Die Person, die gebucht hat, war bis {at, moment} nicht erschienen. Öffnen Sie die Buchung, um zu entscheiden, wie es damit weitergeht.',
  },
})
