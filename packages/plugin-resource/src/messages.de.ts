import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

const visible =
  `{renamed, select, yes {Der Name war „{wasName}“ und ist jetzt „{name}“. } other {}}{relocated, select, moved {Der Ort war „{wasLocation}“ und ist jetzt „{location}“. } set {Der Ort ist jetzt „{location}“. } removed {Der Ort ist nicht mehr „{wasLocation}“. } other {}}{status, select, available {Sie ist jetzt verfügbar. } maintenance {Sie wird jetzt gewartet. } retired {Sie ist nicht mehr in Gebrauch. } other {}}` as const

/** The messages about resources, in German. */
export const german = defineTranslation(messages, {
  created: {
    title: 'Sie verwalten „{name}“',
    body: 'Diese Ressource wurde gerade eingerichtet ({kind}{located, select, yes {, {location}} other {}}), und Sie gehören zu denen, die sie verwalten. Öffnen Sie sie, um zu prüfen, ob alles stimmt.',
  },
  changed: {
    title: 'Geändert: {name}',
    body: `Sie haben diese Ressource gebucht. ${visible}Öffnen Sie sie, um zu sehen, ob sie Ihnen noch passt.`,
  },
  managedChanged: {
    title: 'Geändert: {name}',
    body: `Sie verwalten diese Ressource. ${visible}{kind, select, changed {Die Art war „{wasKind}“ und ist jetzt „{newKind}“. } set {Die Art ist jetzt „{newKind}“. } removed {Die Art ist nicht mehr „{wasKind}“. } other {}}{joined, plural, =0 {} one {# Person verwaltet sie jetzt zusätzlich. } other {# Personen verwalten sie jetzt zusätzlich. }}{left, plural, =0 {} one {# Person verwaltet sie nicht mehr. } other {# Personen verwalten sie nicht mehr. }}Öffnen Sie sie, um alles Weitere zu sehen.`,
  },
  managing: {
    title: 'Sie verwalten jetzt „{name}“',
    body: 'Sie gehören jetzt zu denen, die diese Ressource verwalten. Öffnen Sie sie, um alles Wissenswerte zu sehen.',
  },
  notManaging: {
    title: 'Sie verwalten „{name}“ nicht mehr',
    body: 'Sie gehören nicht mehr zu denen, die diese Ressource verwalten, und hören nichts mehr von ihr. Sie müssen nichts weiter tun.',
  },
  deleted: {
    title: 'Nicht mehr verfügbar: {name}',
    body: '{because, select, known {Als Grund wurde angegeben: „{reason}“. } other {}}Sie haben diese Ressource gebucht, und sie kann nicht mehr genutzt werden. Suchen Sie für Ihre kommenden Buchungen etwas anderes.',
  },
  managedDeleted: {
    title: 'Gelöscht: {name}',
    body: '{because, select, known {Als Grund wurde angegeben: „{reason}“. } other {}}Sie haben diese Ressource verwaltet; wer sie gebucht hatte, wurde benachrichtigt. Sie müssen nichts weiter tun.',
  },
})
