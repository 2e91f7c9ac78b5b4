import { NgModule, type EnvironmentProviders, type Provider } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { BrowserTestingModule, platformBrowserTesting } from '@angular/platform-browser/testing';

/** Makes every application of a page one with these providers. */
export function setUp(providers: (Provider | EnvironmentProviders)[]): void {
  @NgModule({ providers })
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- all there is to it is the decorator
  class Environment {}

  TestBed.initTestEnvironment([BrowserTestingModule, Environment], platformBrowserTesting());
}
