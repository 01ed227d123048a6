#pragma once
// Stacks in one line: "db; cache; web: db cache?; (worker): db broker!".
//
// A service a semicolon, its needs behind a colon. `need!` is an edge `restart: true`, `need?` a soft one; a
// service in parentheses is not critical. A need stands before what needs it.

#include "model/spec.h"

#include <string_view>

namespace holdfast::model::test {

/// Each service is ready with its exec, stops on SIGTERM within 10 s and restarts after exactly its delay (no
/// jitter); as many as there are may be starting at once.
/// A critical one that is failed leaves the rest as it is: no restart of the stack, `when_broken: hold`.
[[nodiscard]] StackSpec stack_of(std::string_view line);

/// The service of that name, to be changed.
[[nodiscard]] ServiceSpec& in(StackSpec& stack, std::string_view name);

[[nodiscard]] Probe running_for(Duration span);
[[nodiscard]] Probe notify();
/// Asked each second, failed after two failures in a row.
[[nodiscard]] Probe exec_probe();
[[nodiscard]] Rung signal_rung(int signal, Duration wait);

} // namespace holdfast::model::test
