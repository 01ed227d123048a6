#pragma once
// The one place where causes become sentences.

#include "model/events.h"
#include "model/stack.h"
#include "model/why.h"

#include <string>
#include <string_view>

namespace holdfast::model {

[[nodiscard]] std::string_view word(PhaseName phase);
[[nodiscard]] std::string_view word(Verdict verdict);
/// "exit code 1", "SIGKILL".
[[nodiscard]] std::string words(const ExitStatus& exit);
/// "needs rabbitmq, which is starting"; empty where there is nothing to explain: Cause::none, Cause::answers.
[[nodiscard]] std::string words(const Stack& stack, const Why& why);
/// What keeps the stack from working, or what it is about to do: "rabbitmq is failed: exit code 1 after 3.1
/// s; …". Empty when it works.
[[nodiscard]] std::string verdict_words(const Stack& stack);
/// "rabbitmq is starting: loading"; what starts is heard itself where it says something.
[[nodiscard]] std::string standing(const Stack& stack, ServiceId service);

} // namespace holdfast::model
