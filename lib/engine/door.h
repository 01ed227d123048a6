#pragma once

#include "base/result.h"
#include "base/time.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

namespace holdfast::engine {

/// The flag by which whoever stands before the stack knows that the public may come in: <runtime>/door/open.
/// It is looked at for each request, so that a door that closed is closed for the next one; and it means
/// *open*, so that nobody comes in after a reboot, when nobody has decided yet.
[[nodiscard]] std::string door_flag(const std::string& runtime);

/// Makes the flag's directory, 0755, and removes a flag that an earlier daemon left. Refused where anybody
/// but root and us could put a flag there.
[[nodiscard]] Status close_door_of(const std::string& runtime);

/// The first of the directories above `flag` that others may not pass: who runs as one of them finds the door
/// closed for ever. Empty where there is none.
[[nodiscard]] std::string hides_door(const std::string& flag);

/// Keeps the flag as the model last decided, whoever else makes or removes it: it is looked at in each
/// settle() and each second. What was not as decided is put right and told, once a minute at most; what
/// cannot be done is told once, and tried again.
class Door {
public:
  /// `trouble` gets a line for the operator. `open`: as an earlier engine left it; it stays so.
  Door(boost::asio::io_context& loop, const std::string& runtime, bool open,
       std::function<void(std::string)> trouble);

  void open() { want(true); }
  /// The flag is gone when this returns, or it was told why not.
  void close() { want(false); }
  void settle();

private:
  void want(bool open);
  [[nodiscard]] bool is_as_wanted() const;
  [[nodiscard]] Status move() const;
  void tell_of_stranger();
  void look_later();

  boost::asio::steady_timer timer_;
  bool timer_set_ = false;
  std::string runtime_;
  std::string flag_;
  std::function<void(std::string)> trouble_;
  bool wanted_;
  bool is_open_; ///< as we left it
  std::string told_;
  MonoTime told_of_stranger_ = never; ///< never: not yet
};

} // namespace holdfast::engine
