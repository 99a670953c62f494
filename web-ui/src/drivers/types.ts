import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Driver = Schemas['Driver'];
export type DriverList = Schemas['DriverList'];
export type DriverVersion = Schemas['DriverVersion'];
export type RefusedDriver = Schemas['RefusedDriver'];
