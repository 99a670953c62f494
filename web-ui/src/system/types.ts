import type { components } from '../api/schema';

type Schemas = components['schemas'];

export type Backup = Schemas['Backup'];
export type Dependency = Schemas['Dependency'];
export type DependencyList = Schemas['DependencyList'];
export type Hold = Schemas['Hold'];
export type HoldList = Schemas['HoldList'];
export type Inventory = Schemas['Inventory'];
export type Token = Schemas['Token'];
export type TokenCreated = Schemas['TokenCreated'];
export type TokenList = Schemas['TokenList'];
