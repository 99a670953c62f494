import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Event = Schemas['Event'];
export type EventPage = Schemas['EventPage'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditPage = Schemas['AuditPage'];
export type Delivery = Schemas['Delivery'];
export type DeliveryList = Schemas['DeliveryList'];
export type Webhook = Schemas['Webhook'];
export type WebhookList = Schemas['WebhookList'];
