import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The part that the texts for bookers and for managers share: the visible changes, with the old values. */
const visible =
  `{renamed, select, yes {„{wasName}“ heißt jetzt „{name}“. } other {}}{relocated, select, moved {Neuer Ort: {location} (bisher: {wasLocation}). } set {Ort: {location}. } removed {Der Ort ist nicht mehr {wasLocation}. } other {}}{status, select, available {Neuer Status: verfügbar. } maintenance {Neuer Status: in Wartung. } retired {Neuer Status: außer Betrieb. } unknown {Neuer Status: unbekannt. } other {}}` as const

/** The messages about resources, in German. */
export const german = defineTranslation(messages, {
  created: {
    title: 'Sie verwalten „{name}“',
    body: '„{name}“ wurde neu angelegt ({kind}{located, select, yes {, {location}} other {}}). Bitte prüfen Sie, ob alle Angaben stimmen.',
  },
  changed: {
    title: 'Geändert: {name}',
    body: `${visible}Bitte prüfen Sie, ob Ihre anstehende Buchung noch passt.`,
  },
  managedChanged: {
    title: 'Geändert: {name}',
    body: `${visible}{kind, select, changed {Neue Art: {newKind} (bisher: {wasKind}). } set {Art: {newKind}. } removed {Die Art ist nicht mehr {wasKind}. } other {}}{joined, plural, =0 {} one {# Person wurde zur Verwaltung hinzugefügt. } other {# Personen wurden zur Verwaltung hinzugefügt. }}{left, plural, =0 {} one {# Person wurde aus der Verwaltung entfernt. } other {# Personen wurden aus der Verwaltung entfernt. }}{other, select, yes {Weitere Angaben haben sich geändert. } other {}}Sie verwalten „{name}“. Öffnen Sie die Ressource, um alle Angaben zu sehen.`,
  },
  managing: {
    title: 'Sie verwalten jetzt „{name}“',
    body: 'Sie werden ab jetzt über Änderungen und Konflikte benachrichtigt. Öffnen Sie die Ressource, um alle Angaben zu sehen.',
  },
  notManaging: {
    title: 'Sie verwalten „{name}“ nicht mehr',
    body: 'Sie erhalten keine Mitteilungen für die Verwaltung mehr. Sie müssen nichts weiter tun.',
  },
  deleted: {
    title: 'Nicht mehr verfügbar: {name}',
    body: '„{name}“ kann nicht mehr genutzt werden. {because, select, known {Grund: „{reason}“. } other {}}Bitte suchen Sie für Ihre anstehenden Buchungen etwas anderes.',
  },
  managedDeleted: {
    title: 'Gelöscht: {name}',
    body: '„{name}“ wurde gelöscht. {because, select, known {Grund: „{reason}“. } other {}}Personen mit anstehenden Buchungen wurden benachrichtigt. Sie müssen nichts weiter tun.',
  },
})
