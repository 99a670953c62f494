import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Endpoint = Schemas['Endpoint'];
export type EndpointList = Schemas['EndpointList'];
export type EndpointPin = Schemas['EndpointPin'];
export type PinList = Schemas['PinList'];
export type Discovery = Schemas['Discovery'];
export type DiscoveryList = Schemas['DiscoveryList'];
export type DiscoveredHost = Schemas['DiscoveredHost'];
