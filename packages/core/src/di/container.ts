// tsyringe asks for the reflection polyfill on load, whether or not decorators are used.
import "reflect-metadata";
import { type DependencyContainer, instanceCachingFactory, container as rootContainer } from "tsyringe";
import { PlayoutError } from "../errors/playout-error.js";
import type { Token } from "./token.js";

/**
 * Typed composition over tsyringe: tokens to factories, one scope for the engine and a child for each channel.
 *
 * Only the composition root resolves. Nothing is disposed here: tsyringe disposes in creation order and skips
 * what factories made, so closing is the owner's work, in the order of `docs/teardown.md`.
 */
export class Container {
  readonly #inner: DependencyContainer;

  private constructor(inner: DependencyContainer) {
    this.#inner = inner;
  }

  /** A container of its own, unconnected to any other in the process. */
  static create(): Container {
    return new Container(rootContainer.createChildContainer());
  }

  /** A scope that sees all of this one's and may add or replace for itself: one per channel. */
  child(): Container {
    return new Container(this.#inner.createChildContainer());
  }

  /** Binds a token to a thing that exists. */
  bind<T>(token: Token<T>, value: T): this {
    this.#inner.register<T>(token.symbol, { useValue: value });
    return this;
  }

  /** Binds a token to a factory that runs at most once, when the token is first resolved. */
  bindFactory<T>(token: Token<T>, make: (container: Container) => T): this {
    const once = instanceCachingFactory<{ readonly value: T }>((inner) => ({
      value: make(new Container(inner)),
    }));
    this.#inner.register<T>(token.symbol, { useFactory: (inner) => once(inner).value });
    return this;
  }

  /** What the token is bound to. `Internal` naming the token where nothing is. */
  resolve<T>(token: Token<T>): T {
    if (!this.#inner.isRegistered(token.symbol, true)) {
      throw new PlayoutError("Internal", `Nothing is bound to ${token.description}.`, {
        remedy: "Bind it in the composition root.",
      });
    }
    return this.#inner.resolve<T>(token.symbol);
  }

  /** True if the token is bound here or in a parent. */
  has<T>(token: Token<T>): boolean {
    return this.#inner.isRegistered(token.symbol, true);
  }
}
