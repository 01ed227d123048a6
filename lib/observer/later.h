#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace holdfast::observer {

/// A call from the loop, once, and none if this is destroyed before; the call may destroy it. For what is
/// known when something begins, and is to be told from the loop as all else is.
class Later {
public:
  Later(boost::asio::io_context& loop, std::function<void()> call);
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

private:
  std::shared_ptr<std::function<void()>> call_;
};

} // namespace holdfast::observer
